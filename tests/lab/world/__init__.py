"""The parts of the lab, one module for each thing that a world consists of."""
