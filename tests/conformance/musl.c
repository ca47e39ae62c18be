// A program with musl: its clone, its locks, its files.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"

static _Thread_local int per_thread = 5;
static int counter;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* count(void* argument) {
  for (int i = 0; i < 1000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  per_thread++;
  return (void*)((long)argument + per_thread);
}

CASE(threads_and_locks) {
  pthread_t threads[20];
  for (long i = 0; i < 20; i++) CHECK_EQ(pthread_create(&threads[i], NULL, count, (void*)i), 0);
  for (long i = 0; i < 20; i++) {
    void* result;
    CHECK_EQ(pthread_join(threads[i], &result), 0);
    CHECK_EQ((long)result, i + 6);
  }
  CHECK_EQ(counter, 20000);
  CHECK_EQ(per_thread, 5);
}

static sem_t posted;
static void* post(void* argument) {
  struct timespec time = {0, 20000000};
  nanosleep(&time, NULL);
  sem_post(&posted);
  return argument;
}

CASE(semaphores) {
  sem_init(&posted, 0, 0);
  pthread_t thread;
  CHECK_EQ(pthread_create(&thread, NULL, post, NULL), 0);
  CHECK_EQ(sem_wait(&posted), 0);
  CHECK_EQ(pthread_join(thread, NULL), 0);
}

static void* block(void* argument) {
  char byte;
  (void)!read(*(int*)argument, &byte, 1);
  return NULL;
}

CASE(cancellation) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  pthread_t thread;
  CHECK_EQ(pthread_create(&thread, NULL, block, &ends[0]), 0);
  usleep(50000);
  CHECK_EQ(pthread_cancel(thread), 0);
  void* result;
  CHECK_EQ(pthread_join(thread, &result), 0);
  CHECK(result == PTHREAD_CANCELED);
}

static volatile sig_atomic_t handled;
static void on_signal(int number) { handled = number; }

CASE(signals) {
  signal(SIGUSR1, on_signal);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(handled, SIGUSR1);
}

CASE(memory) {
  char* blocks[200];
  for (int i = 0; i < 200; i++) {
    blocks[i] = malloc((size_t)i * 1000 + 1);
    CHECK(blocks[i]);
    memset(blocks[i], i, (size_t)i * 1000 + 1);
  }
  for (int i = 0; i < 200; i++) {
    CHECK_EQ(blocks[i][i * 1000], (char)i);
    free(blocks[i]);
  }
}

CASE(files_and_directories) {
  char path[] = "/tmp/scone-musl-XXXXXX";
  CHECK(mkdtemp(path));
  char name[64];
  snprintf(name, sizeof name, "%s/file", path);
  FILE* file = fopen(name, "w+");
  CHECK(file);
  CHECK(fprintf(file, "%d %s %.3f\n", 42, "text", sqrt(2.0)) > 0);
  rewind(file);
  int number;
  char text[16];
  double root;
  CHECK_EQ(fscanf(file, "%d %15s %lf", &number, text, &root), 3);
  CHECK(number == 42 && strcmp(text, "text") == 0 && root == 1.414);
  fclose(file);
  DIR* dir = opendir(path);
  int entries = 0;
  while (readdir(dir)) entries++;
  closedir(dir);
  CHECK_EQ(entries, 3);
  CHECK_EQ(unlink(name), 0);
  CHECK_EQ(rmdir(path), 0);
}

CASE(sockets_and_epoll) {
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event), 0);
  CHECK_EQ(epoll_wait(epoll, &event, 1, 0), 0);
  CHECK_EQ(write(pair[1], "x", 1), 1);
  CHECK_EQ(epoll_wait(epoll, &event, 1, 1000), 1);
  close(pair[0]);
  close(pair[1]);
  close(epoll);
}

CASE(time_passes) {
  struct timespec before, after, pause = {0, 50000000};
  clock_gettime(CLOCK_MONOTONIC, &before);
  CHECK_EQ(nanosleep(&pause, NULL), 0);
  clock_gettime(CLOCK_MONOTONIC, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 49);
}
