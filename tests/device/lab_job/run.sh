# The job of lab_camera.sh: runs in the virtual machine, as root, in the job's own folder.
export PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 OPENCV_LOG_LEVEL=OFF 'LIBCAMERA_LOG_LEVELS=*:FATAL'

python3 pictures.py /opt/frames
for script in picamera_contract edge_run_picamera v4l2_unplug; do
  # libcamera 0.4.0's virtual pipeline never says of a frame that it is good, so that it is what
  # the memory held before, and Picamera2 drops most. Memory that is cleared says that it is good.
  tunables=
  [ "$script" = v4l2_unplug ] || tunables=glibc.malloc.perturb=255:glibc.malloc.tcache_count=0
  if ! GLIBC_TUNABLES=$tunables timeout 300 python3 "$script.py" 2>said; then
    cat said
    echo "FAILED $script.py came to its end"
  fi
done
echo 'end of the job'
