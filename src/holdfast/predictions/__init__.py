"""Models of customers: fitted on what was known, published with every snapshot, scored when their day has come."""
