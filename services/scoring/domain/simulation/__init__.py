"""What would happen to a whole book under other rates and terms? Floats, for reviews only."""
