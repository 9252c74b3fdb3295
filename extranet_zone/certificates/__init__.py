"""Electronic certificates: engrossing (缮证) as a PDF with a signed statement."""
