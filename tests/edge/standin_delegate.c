/* A LiteRT delegate that takes no operation, and fails on demand.
 *
 * The file that $STANDIN_DELEGATE names holds one word: load, refuse, crash, hang or alone. It is
 * read when the delegate is created (to hang then is told to a FIFO of that name and .hangs; alone
 * loads unless another process has it, as a Coral does) and, once that went well, about every
 * millisecond: crash then is a segmentation fault of the process, and hang stops it as a driver
 * does that never returns.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct Delegate { /* TfLiteDelegate */
  void *data;
  int (*prepare)(void *context, struct Delegate *delegate);
  void *copy_from_buffer;
  void *copy_to_buffer;
  void *free_buffer;
  int64_t flags;
  void *opaque_builder;
} Delegate;

static int wanted(const char *word) {
  char read[16] = "";
  const char *path = getenv("STANDIN_DELEGATE");
  FILE *file = path ? fopen(path, "r") : NULL;
  if (file) {
    if (fscanf(file, "%15s", read) != 1) read[0] = 0;
    fclose(file);
  }
  return strcmp(read, word) == 0;
}

static void hang(void) {
  char fifo[4096];
  int end;
  snprintf(fifo, sizeof fifo, "%s.hangs", getenv("STANDIN_DELEGATE"));
  end = open(fifo, O_WRONLY);
  if (end >= 0) close(end);
  pause();
}

static int taken(void) {
  char lock[4096];
  snprintf(lock, sizeof lock, "%s.lock", getenv("STANDIN_DELEGATE"));
  return flock(open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600), LOCK_EX | LOCK_NB);
}

static void *watch(void *unused) {
  for (;; usleep(1000)) {
    if (wanted("crash")) kill(getpid(), SIGSEGV);
    if (wanted("hang")) kill(getpid(), SIGSTOP);
  }
  return unused;
}

static int prepare(void *context, Delegate *delegate) {
  (void)context, (void)delegate;
  return 0; /* kTfLiteOk: every operation stays with the interpreter */
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                        void (*report)(const char *)) {
  static Delegate delegate;
  pthread_t thread;
  (void)keys, (void)values, (void)count;
  if (wanted("refuse")) {
    report("the stand-in has no device");
    return NULL;
  }
  if (wanted("alone") && taken()) {
    report("another process has the stand-in");
    return NULL;
  }
  if (wanted("crash")) kill(getpid(), SIGSEGV);
  while (wanted("hang")) hang();
  delegate.prepare = prepare;
  pthread_create(&thread, NULL, watch, NULL);
  return &delegate;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) { (void)delegate; }
