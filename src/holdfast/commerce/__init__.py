"""The words of commerce as frozen records: money, the shop's day, unknown, order, refund, customer."""
