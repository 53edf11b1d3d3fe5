#include "cli/listening.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kBothFiles =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n"
    "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0\n"
    "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0\n"
    "   3: 0B00007F:9C40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1 0\n"
    "  sl  local_address                         remote_address                        st tx_queue\n"
    "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   1: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   2: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A "
    "00000000:00000000\n";

TEST(Listening, ReadsBothTables) {
  EXPECT_THAT(
      parse_listening(kBothFiles),
      ElementsAre(Pair(0x50, ElementsAre("all")), Pair(0x51, ElementsAre("all")),
                  Pair(0x52, ElementsAre("127.0.0.1")), Pair(0x1F90, ElementsAre("127.0.0.1", "::1"))));
}

TEST(Listening, LeavesOutWhatIsNoSocket) {
  EXPECT_TRUE(parse_listening("").empty());
  EXPECT_TRUE(parse_listening(
                  "0: 0100007F:ZZZZ x 0A\n1: 01:0050 x 0A\n2: 0100007F:10000 x 0A\n3: 0100007F:0000 x 0A\n"
                  "4: nonsense\n\xff\n")
                  .empty());
}

}  // namespace
}  // namespace cli
