-- What register_check.py must find: one corruption a block, headed by the code of its finding.
-- Run on a register with a flat's whole life, a mortgaged flat, a flat seized twice and one split
-- (tests/integration/register/test_register_check.py).

-- log_no_missing
UPDATE register_entry SET log_no = log_no + 1 WHERE log_no = (SELECT MAX(log_no) FROM register_entry);

-- log_no_doubled
ALTER TABLE register_entry RENAME TO former_entry;
CREATE TABLE register_entry AS SELECT * FROM former_entry;
UPDATE register_entry SET log_no = 4 WHERE log_no = 5;

-- log_counter_differs
UPDATE recording_log_head SET last = last + 1;

-- entry_without_log_no
UPDATE register_entry SET log_no = 0 WHERE log_no = 5;

-- address_not_found
DELETE FROM address_pair WHERE pair = (SELECT MIN(pair) FROM address_pair);

-- entry_on_wrong_day
UPDATE register_entry SET day = '2026-01-06' WHERE log_no = 3;

-- certificate_no_doubled
UPDATE register_entry SET certificate_no =
  (SELECT certificate_no FROM register_entry WHERE log_no = 4) WHERE log_no = 5;

-- certificate_no_missing
UPDATE register_entry SET certificate_no = '' WHERE log_no = 6;

-- certificate_no_malformed
UPDATE register_entry SET certificate_no = 'x' WHERE log_no = 6;

-- certificate_counter_differs
UPDATE certificate_counter SET last = last - 1;

-- begun_without_entry
UPDATE seizure SET begun_by = 'nobody' WHERE status = 'current';

-- ended_without_entry: no entry at all
UPDATE unit_right SET status = 'ended', ended_at = 1 WHERE kind = 'mortgage' AND status = 'current';

-- ended_without_entry: an entry on another unit
UPDATE seizure SET status = 'ended', ended_at = 1,
  ended_by = (SELECT id FROM register_entry WHERE log_no = 1) WHERE status = 'current';

-- status_differs
UPDATE unit_right SET ended_at = 1 WHERE status = 'current';

-- two_ownerships
UPDATE unit_right SET kind = 'ownership' WHERE kind = 'mortgage' AND status = 'current';

-- two_rights_one_number
UPDATE unit_right SET certificate_no = 'x' WHERE status = 'current';

-- right_without_holder
DELETE FROM right_holder WHERE right_id IN
  (SELECT id FROM unit_right WHERE kind = 'ownership' AND status = 'current');

-- shares_do_not_sum
UPDATE right_holder SET share = '1/2' WHERE right_id IN
  (SELECT id FROM unit_right WHERE kind = 'ownership' AND status = 'current');

-- queue_out_of_order: another arrived first
UPDATE seizure SET arrived_at = arrived_at + 1000000000 WHERE kind = '1' AND status = 'current';

-- queue_out_of_order: two in effect
UPDATE seizure SET kind = '1' WHERE kind = '2' AND status = 'current';

-- term_ends_before_it_begins
UPDATE seizure SET term_to = '2020-01-01' WHERE kind = '1' AND status = 'current';

-- queued_with_term
UPDATE seizure SET term_from = '2026-01-01', term_to = '2030-01-01'
  WHERE kind = '2' AND status = 'current';

-- entry_does_not_follow
UPDATE register_entry SET after = after || ' ' WHERE log_no = 9;

-- rights_differ_from_entry: a name
UPDATE right_holder SET name = '赵六' WHERE right_id IN
  (SELECT id FROM unit_right WHERE kind = 'ownership' AND status = 'current');

-- rights_differ_from_entry: an amount
UPDATE unit_right SET facts = '{}' WHERE kind = 'mortgage' AND status = 'current';

-- seizures_differ_from_entry
UPDATE seizure SET term_to = '2039-01-01' WHERE kind = '1' AND status = 'current';

-- unit_differs_from_entry
UPDATE unit SET area = '188.00';

-- audit_broken: a record changed
UPDATE audit_record SET body = body || ' ' WHERE n = 4;

-- audit_broken: a record removed
DELETE FROM audit_record WHERE n = 4;

-- entry_not_audited
DELETE FROM audit_record WHERE n = (SELECT MAX(n) FROM audit_record);

-- entry_not_posted
DELETE FROM outbox_message WHERE case_no = (SELECT case_no FROM register_entry WHERE log_no = 2);

-- certificate_of_another_entry
INSERT INTO certificate SELECT id, 'x', case_no, unit_no, 'title', '', 1, '', '', '', 1
  FROM register_entry WHERE log_no = 1;

-- lineage_without_entry: another unit's entry
UPDATE unit_lineage SET closed_by = (SELECT id FROM register_entry WHERE log_no = 1)
  WHERE successor = (SELECT MAX(successor) FROM unit_lineage);

-- closed_unit_in_force
UPDATE unit_right SET status = 'current', ended_by = NULL, ended_at = NULL
  WHERE unit_no = (SELECT MIN(predecessor) FROM unit_lineage) AND kind = 'mortgage';

-- lineage_in_circle
INSERT INTO unit_lineage SELECT successor, predecessor, opened_by, closed_by FROM unit_lineage
  WHERE successor = (SELECT MAX(successor) FROM unit_lineage);

-- lineage_differs_from_entry: a step is gone
DELETE FROM unit_lineage WHERE successor = (SELECT MIN(successor) FROM unit_lineage);

-- entry_on_closed_unit
UPDATE register_entry SET before = after WHERE id = (SELECT MIN(closed_by) FROM unit_lineage);

-- right_lost_in_division: a mortgage
UPDATE register_entry SET after = REPLACE(after, '"kind":"mortgage"', '"kind":"residence"')
  WHERE part > 1 AND about = 'mortgage';

-- right_lost_in_division: the holder is another
UPDATE register_entry SET after = REPLACE(after, '张三', '赵六') WHERE part > 1;
