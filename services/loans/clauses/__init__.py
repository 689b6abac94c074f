"""What founders, donors, lenders and the state said a fund's money is for."""
