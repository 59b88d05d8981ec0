"""The kinds of work objects, declared as data: what is asked, what is filled in, which states, who moves them."""
