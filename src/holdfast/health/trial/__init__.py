"""Was it right? A scorecard held against what happened later, on days of the past, with what could be known then."""
