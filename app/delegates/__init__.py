"""Who a delegate is: the row, the ways to attend, what is asked and what was answered."""
