"""What should be where: wanted holds and copies, the plan that gets there, and its brakes."""
