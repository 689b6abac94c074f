"""Who answers for loans: facilities with caps, what of each loan is covered, and claims."""
