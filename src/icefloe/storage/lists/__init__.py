"""Lists of customers: any page of any order under any filter, with its exact total, at once."""
