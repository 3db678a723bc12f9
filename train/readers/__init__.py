"""People's annotations, whatever tool wrote them: one module a format, one door for all."""
