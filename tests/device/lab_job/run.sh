# The job of lab_camera.sh: runs in the virtual machine, as root, in the job's own folder.
export PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 OPENCV_LOG_LEVEL=OFF 'LIBCAMERA_LOG_LEVELS=*:FATAL'
cycles=$(cat cycles)
only=$(cat jobs)

python3 pictures.py /opt/frames
for job in picamera_contract edge_run_picamera v4l2_unplug loopback service_camera \
  "unplug_cycles $cycles"; do
  set -- $job
  case " ${only:-$1} " in *" $1 "*) ;; *) continue ;; esac
  # libcamera 0.4.0's virtual pipeline never says of a frame that it is good, so that it is what
  # the memory held before, and Picamera2 drops most. Memory that is cleared says that it is good.
  case $1 in *picamera*) tunables=glibc.malloc.perturb=255:glibc.malloc.tcache_count=0 ;; *) tunables= ;; esac
  if ! GLIBC_TUNABLES=$tunables timeout $((300 + 20 * cycles)) python3 "$1.py" $2 2>said; then
    cat said
    echo "FAILED $1.py came to its end"
  fi
done
echo 'end of the job'
