"""What every room stands on: errors and findings, settings, the wording of figures, safe writes.

Imports no other room. Start in `errors.py` (how a refusal and a finding read) and `settings.py` (what a firm can set).
"""
