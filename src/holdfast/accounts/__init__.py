"""The book of work: who looks after whom, what was agreed, what is due. A Django app below the doors."""
