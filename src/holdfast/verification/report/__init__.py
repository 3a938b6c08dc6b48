"""Write the results of a verification for people and programs."""
