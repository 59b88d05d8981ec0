"""Segments: saved, versioned sets of customers, each a condition on declared facts that anybody can read.

What others use (playbooks among them), all in `holdfast.segments.members` and `holdfast.segments.store`:

    members(home, segment_ids, as_of=None, *, shops=None, known_at=None) -> pyarrow.Table
        shop_id: int64, customer_id: int64, and a bool column a segment, named by its id. One row for everybody who
        belongs to at least one of them, by shop and customer; all segments are asked in one pass over the snapshot.
        as_of: a day up to the snapshot's (None: its own), told with what is known now; known_at: with what was known
        at a moment. shops: whose customers (None: of every shop).
    members_of(home, segments, ...)    the same of segments that are not saved
    asked(home, segments, days, ...)   a snapshot open for it, and membership(asking, segments) the text of the query
                                       with its parameters, to be run on that connection as part of a larger one
    why(home, segment, customer_id, shop, as_of=None) -> Why | None
        whether they belong, and the tree of conditions with what is known of each
    find(home, id), all_segments(home), declare(home, segment), keep(home, segment) -> Version
        keep what a segment is now under a number of its own, so that what was done with it can be asked again

Raised: NoSuchSegment (a LookupError), FrameworkProblem (a file that cannot be read), AfterTheData (a ValueError),
NothingBuilt and DamagedSnapshot.
"""
