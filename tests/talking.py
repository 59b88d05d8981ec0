"""A playbook for accounts that calls half of those whose contract ends: METRIC and PLANNED are to be put in."""

TALK = """
id = "talk"
name = "A talk before the end"
who = "accounts"
aim = "Nobody is surprised by a renewal."
owner = "Ada"
[audience]
when = ["known renewal_on"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "call"
do = "task"
what = "Call {account}"
[again]
once = true
[holdout]
share = 0.5
[measured]
metric = "METRIC"
hypothesis = "More of them renew."
days = 60
planned = PLANNED
"""
