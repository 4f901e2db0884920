"""Whether credits take back no more than there was: each line beside the line that it credits."""
