"""The parts of the lab, one module for each thing that a world consists of."""
import sys

# A world speaks no TLS. Without OpenSSL, which asyncio and hashlib load where it is there, each start and each fork of a
# world costs a third less.
sys.modules.setdefault("ssl", None)
sys.modules.setdefault("_hashlib", None)
