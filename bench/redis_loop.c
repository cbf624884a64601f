// Times GETs over hiredis, one after the other: redis_loop PORT KEY COUNT prints microseconds.
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  redisContext* redis = redisConnect("127.0.0.1", atoi(argv[1]));
  if (redis == NULL || redis->err) {
    fprintf(stderr, "redis_loop: %s\n", redis ? redis->errstr : "no memory");
    return 1;
  }
  const int count = atoi(argv[3]);
  const double begin = now_us();
  for (int i = 0; i < count; ++i) {
    redisReply* reply = redisCommand(redis, "GET %s", argv[2]);
    if (reply == NULL || reply->type != REDIS_REPLY_STRING) {
      fprintf(stderr, "redis_loop: %s\n", reply ? reply->str : redis->errstr);
      return 1;
    }
    freeReplyObject(reply);
  }
  printf("%.1f\n", now_us() - begin);
  redisFree(redis);
  return 0;
}
