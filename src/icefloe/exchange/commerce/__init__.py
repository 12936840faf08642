"""Objects of commerce in files, in the wire's form."""
