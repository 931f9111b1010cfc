// Purpose: VIEW-CHANGE and NEW-VIEW: which are held, when to join, when a new view can be led or entered, and
// placing its re-proposals. When to give up on a primary is the view timer's affair (view_timer.h).
// Thread rule: belongs to one replica.
// Bound: the latest VIEW-CHANGE of each replica; one NEW-VIEW that waits for its VIEW-CHANGEs, and at most q of
// those; the NEW-VIEW of the current view with its V.
// Invariant: a view above 0 is entered only through a NEW-VIEW whose O is compute_new_view of its V.
// Source: Castro & Liskov, OSDI 1999, section 4.4; rules 7 to 9.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/checkpoint.h"
#include "consensus/new_view.h"
#include "consensus/normal_case.h"
#include "consensus/recovery.h"

namespace tally::consensus {

class ViewChanges {
 public:
  ViewChanges(Context& context, MessageLog& log, Safety& safety, Checkpoints& checkpoints, NormalCase& normal_case,
              Recovery& recovery);

  void restore(const DurableState& state);

  // Leaves the current view for this higher one.
  void start(View view);
  void on_view_change(const SignedViewChange& message);
  void on_new_view(const SignedNewView& message);
  // h moved: re-proposals that lay above the window are placed, and a view whose h was missing can be entered.
  void window_moved();
  // A batch came: the view that waits for it can be led.
  void body_arrived();

  // q replicas want this view or a higher one.
  [[nodiscard]] bool quorum_for(View view) const;
  // For STATUS: which VIEW-CHANGEs are held that can make up the awaited view's V.
  [[nodiscard]] std::vector<Byte> mask() const;
  [[nodiscard]] const SignedViewChange* latest(ReplicaIndex replica) const;
  // What the current view rests on; absent in view 0.
  [[nodiscard]] const std::optional<NewViewRecord>& current() const { return current_; }
  // Of the current view's O; zero if it is empty.
  [[nodiscard]] SeqNum last_re_proposed() const;
  void count(Replica::Footprint& into) const;

 private:
  struct Held {
    SignedViewChange message;
    Digest digest;
  };
  struct Candidate {
    SignedNewView message;
    std::map<ReplicaIndex, SignedViewChange> found;  // of V, by digest
  };

  [[nodiscard]] ViewChange make_body(View view) const;
  [[nodiscard]] bool within_window(const ViewChange& body) const;
  void on_own(const SignedViewChange& message);
  void keep(const SignedViewChange& message);
  void join();
  // compute_new_view, but where a bug is planted in it.
  [[nodiscard]] NewViewContent content_of(const std::vector<SignedViewChange>& view_changes) const;
  void try_lead();
  // Whether all batches that O names are held; asks for those that are not.
  bool await_bodies(const NewViewContent& content);
  void lead(std::vector<SignedViewChange> chosen);
  [[nodiscard]] bool wanted(const SignedNewView& message) const;
  void look_up(Candidate& candidate) const;
  void try_enter();
  void enter(NewViewRecord record, const NewViewContent& content);
  void place();

  Context& context_;
  MessageLog& log_;
  Safety& safety_;
  Checkpoints& checkpoints_;
  NormalCase& normal_case_;
  Recovery& recovery_;
  std::vector<std::optional<Held>> latest_;  // by replica
  std::optional<Candidate> candidate_;
  std::optional<NewViewRecord> current_;
};

}  // namespace tally::consensus
