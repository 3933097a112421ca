//! Any bytes merge into a histogram or are refused; what came of them keeps its
//! meaning through its own byte form.
#![no_main]

use haechi_event::Histogram;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut histogram = Histogram::default();
    let _ = histogram.merge_encoded(bytes);
    let mut encoded = Vec::new();
    histogram.encode(&mut encoded);
    let mut again = Histogram::default();
    again.merge_encoded(&encoded).expect("what was encoded is merged");
    assert_eq!(histogram, again);
    let [low, middle, high] = histogram.quantiles_ns([0.0, 0.5, 1.0]);
    assert!(low <= middle && middle <= high);
    assert_eq!(low.is_some(), histogram.count() > 0);
    again.merge(&histogram);
    assert!(again.count() >= histogram.count());
    assert!(again.since(&histogram).count() <= histogram.count());
});
