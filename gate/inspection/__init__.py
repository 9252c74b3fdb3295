"""What a file holds is looked at before it is admitted, in a fixed order (:mod:`.pipeline`)."""

from gate.inspection.blobs import Blob, Inspector
from gate.inspection.clamd import Clamd
from gate.inspection.pipeline import Inspection, Report

__all__ = ["Blob", "Clamd", "Inspection", "Inspector", "Report"]
