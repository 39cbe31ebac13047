"""Carries values between the rooms: polls, detects, and keeps the schedule."""
