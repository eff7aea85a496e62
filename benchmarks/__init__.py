"""Measurements of the budgets, as ratios taken in one run; ``python -m benchmarks`` runs them all."""
