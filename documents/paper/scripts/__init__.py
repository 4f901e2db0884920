"""Text beyond the paper's own fonts: which font has a character, in which direction it runs, how it joins."""
