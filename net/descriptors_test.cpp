#include "net/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace weft::net {
namespace {

TEST(Descriptors, are_raised_to_what_the_system_allows) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);

  raise_descriptor_limit();

  EXPECT_EQ(descriptor_limit(), before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(ConnectionPlaces, are_free_again_when_they_are_given_back) {
  ConnectionPlaces places(2);
  auto first = places.take();
  const auto second = places.take();

  EXPECT_EQ(places.take(), nullptr);
  first.reset();

  EXPECT_NE(places.take(), nullptr);
}

}  // namespace
}  // namespace weft::net
