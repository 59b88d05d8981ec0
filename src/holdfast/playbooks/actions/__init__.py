"""What playbooks do in the book of work: one verb each, in one transaction, with an audit entry that can be undone."""
