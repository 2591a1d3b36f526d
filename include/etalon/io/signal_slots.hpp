#pragma once
// A list that a signal handler may read at any moment: of what must be known when the process is about to die.
//
// A handler may interrupt anything, so it cannot wait for a lock, and nothing that it reads may be freed under it.
// Slots are therefore never freed, only used again, and an entry is seen exactly while its slot's state says so.
// Cost: entering walks over the slots; there are as many as there were ever entries at once.
// Left out: a handler in one thread while another thread takes an entry off and enters the next one into its slot; it
// may then read half of a text. Programs that change the list in the thread that starts the work do not meet this.
#include <atomic>
#include <utility>

namespace etalon::io {

// One for the whole process, as a global variable (constinit): a handler has no other way to it.
template <class Content> class SignalSlots {
  enum class State { free, taken, seen };
  struct Slot {
    std::atomic<State> state{State::taken};
    Content content{};
    Slot* next = nullptr;
  };

 public:
  // Keeps its content in the list while it lives. Move only.
  class Entry {
   public:
    Entry() = default;
    Entry(Entry&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Entry& operator=(Entry&& other) noexcept {
      std::swap(slot_, other.slot_);
      return *this;
    }
    ~Entry() { remove(); }
    explicit operator bool() const noexcept { return slot_ != nullptr; }
    const Content& operator*() const noexcept { return slot_->content; }
    const Content* operator->() const noexcept { return &slot_->content; }
    void remove() noexcept {
      if (slot_ != nullptr) std::exchange(slot_, nullptr)->state.store(State::free, std::memory_order_release);
    }

   private:
    friend SignalSlots;
    explicit Entry(Slot* slot) noexcept : slot_(slot) {}
    Slot* slot_ = nullptr;
  };

  constexpr SignalSlots() = default;

  [[nodiscard]] Entry enter(Content content) {
    Slot* slot = take();
    slot->content = std::move(content);
    slot->state.store(State::seen, std::memory_order_release);
    return Entry(slot);
  }

  // Calls see(content) for every entry, the latest slots first. A handler may call this, if it may call `see`.
  template <class See> void each(See see) const {
    for (const Slot* slot = first_.load(std::memory_order_acquire); slot != nullptr; slot = slot->next)
      if (slot->state.load(std::memory_order_acquire) == State::seen) see(slot->content);
  }

 private:
  // A slot that is free, or a new one.
  Slot* take() {
    for (Slot* slot = first_.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
      State free = State::free;
      if (slot->state.compare_exchange_strong(free, State::taken)) return slot;
    }
    Slot* slot = new Slot;
    slot->next = first_.load(std::memory_order_relaxed);
    while (!first_.compare_exchange_weak(slot->next, slot)) {}
    return slot;
  }

  std::atomic<Slot*> first_{nullptr};
};

}  // namespace etalon::io
