"""For every test: `make test` tries the same generated examples each time, `make test-long` looks for new ones.

So a change is judged by itself and not by chance, and the search for what nobody thought of goes on beside it.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False, print_blob=True)
settings.load_profile("same")
