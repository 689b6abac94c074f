"""Assessments: the opinion on an application, kept with its inputs and versions."""
