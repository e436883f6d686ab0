"""Speed against transformers, one program per workload: ``python -m benchmarks.speed.NAME``."""
