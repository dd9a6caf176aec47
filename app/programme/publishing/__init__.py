"""From the working programme to what the public reads: compare, publish, plan, roll back."""
