"""Who a delegate is: the row, the ways to attend, questions and answers."""
