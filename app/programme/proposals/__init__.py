"""What speakers would like changed: kept beside the programme until somebody approves it."""
