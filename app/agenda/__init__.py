"""Personal agendas: the sessions that a visitor has starred, without an account."""
