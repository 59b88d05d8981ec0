"""One module a page; each reads through holdfast.web.reading and hands plain values to a template."""
