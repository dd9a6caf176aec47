"""What can be found in a programme, by the words that stand in it."""
