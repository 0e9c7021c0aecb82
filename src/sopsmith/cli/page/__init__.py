"""Write the report as one page of HTML that loads nothing."""
