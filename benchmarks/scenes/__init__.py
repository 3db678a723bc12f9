"""Real faults, made on this machine to a real ``edge-run``, and what came of them."""

from __future__ import annotations

from benchmarks.scenes.accelerator import delegate_crashed, delegate_hung
from benchmarks.scenes.cameras import dark, picture_frozen, rtsp_frozen, rtsp_killed
from benchmarks.scenes.outcome import Scene
from benchmarks.scenes.outputs import broker_gone, disk_full
from benchmarks.scenes.service import broken_configuration, clock_set_back, garbage_model

SCENES = (
    Scene("RTSP server frozen", rtsp_frozen),
    Scene("RTSP server killed, and started again", rtsp_killed),
    Scene("picture frozen to the byte", picture_frozen),
    Scene("dark room", dark),
    Scene("accelerator's process crashed", delegate_crashed),
    Scene("accelerator's process hung", delegate_hung),
    Scene("disk of an output full", disk_full),
    Scene("MQTT broker gone", broker_gone),
    Scene("configuration broken on reload", broken_configuration),
    Scene("model replaced by garbage", garbage_model),
    Scene("clock set back an hour", clock_set_back),
)
