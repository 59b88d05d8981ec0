"""The tables in the middle: declared, landed, keyed, audited, published as snapshots."""
