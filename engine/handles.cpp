#include "engine/handles.h"

#include <utility>

namespace weft::engine {
namespace {

using contracts::Image;

eng_image raw(Image image, eng_lent* lent) {
  const auto raw = image.release();
  return {reinterpret_cast<std::uint8_t*>(raw.data), raw.size, raw.capacity, lent};
}

Image adopt(const eng_image& image) {
  if (image.cap == 0) return {};
  return Image::adopt({reinterpret_cast<std::byte*>(image.ptr), image.len, image.cap});
}

class GuestLent final : public Image::Lent {
 public:
  explicit GuestLent(eng_lent* lent) : lent_(lent) {}
  GuestLent(const GuestLent&) = delete;
  GuestLent& operator=(const GuestLent&) = delete;
  ~GuestLent() override { eng_image_free({nullptr, 0, 0, lent_}); }

  bool complete(Image& image) override {
    auto whole = raw(std::move(image), release());
    const bool done = eng_image_whole(&whole);
    image = adopt(whole);
    return done;
  }
  eng_lent* release() { return std::exchange(lent_, nullptr); }

 private:
  eng_lent* lent_;
};

}  // namespace

eng_image to_engine(Image image) {
  // Whatever is lent comes from here.
  const auto lent = image.take_lent();
  auto* guest = static_cast<GuestLent*>(lent.get());
  return raw(std::move(image), guest == nullptr ? nullptr : guest->release());
}

Image from_engine(eng_image image) {
  Image ours = adopt(image);
  if (image.lent != nullptr) ours.lend(std::make_unique<GuestLent>(image.lent));
  return ours;
}

}  // namespace weft::engine
