//! Any bytes are a tree of samples or refused; every frame comes after its caller.
#![no_main]

use haechi_event::{SampleTree, TREE_MAX, decode_samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(tree) = decode_samples(bytes) else { return };
    let mut again = SampleTree::default();
    for (at, node) in tree.nodes.iter().enumerate() {
        assert!(node.parent.is_none_or(|parent| parent < at));
        // its stack, as an app would have seen it
        let mut stack = vec![node.frame];
        let mut next = node.parent;
        while let Some(caller) = next {
            stack.push(tree.nodes[caller].frame);
            next = tree.nodes[caller].parent;
        }
        again.add(stack.into_iter().rev().take(200), node.running > 0);
    }
    let bytes = again.to_bytes();
    assert!(bytes.len() <= TREE_MAX);
    assert_eq!(
        decode_samples(&bytes).expect("what was encoded").nodes.is_empty(),
        bytes.is_empty()
    );
});
