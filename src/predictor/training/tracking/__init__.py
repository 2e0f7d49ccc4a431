"""Trainings in MLflow: runs, figures and a registered model. Nothing else imports MLflow. Start in `track.py`."""
