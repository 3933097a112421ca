use super::*;
use proptest::prelude::*;

const fn frame(function: &str, line: u32) -> SampledFrame<'_> {
    SampledFrame { file: "models/db.py", function, line, in_app: true }
}

#[test]
fn stacks_are_added_up_where_they_are_the_same() {
    let mut tree = SampleTree::default();
    let (index, get) = (frame("index", 10), frame("get_user", 41));
    tree.add([index, get].into_iter(), false);
    tree.add([index].into_iter(), true);
    tree.add([index, get].into_iter(), true);
    tree.add(std::iter::empty(), true);
    assert_eq!(tree.samples(), 3, "an empty stack is none");
    let bytes = tree.to_bytes();
    let read = decode_samples(&bytes).unwrap();
    let expected = [
        SampledNode { parent: None, frame: index, own: 1, running: 1 },
        SampledNode { parent: Some(0), frame: get, own: 2, running: 1 },
    ];
    assert_eq!((&*read.nodes, read.last, read.cut_short), (&expected[..], Some(1), 0));
}

#[test]
fn another_line_of_the_same_function_is_another_frame() {
    let mut tree = SampleTree::default();
    tree.add([frame("index", 10)].into_iter(), false);
    tree.add([frame("index", 11)].into_iter(), false);
    let bytes = tree.to_bytes();
    assert_eq!(decode_samples(&bytes).unwrap().nodes.len(), 2);
}

#[test]
fn a_tree_never_grows_past_its_bound_and_loses_inner_frames_but_no_sample() {
    for (functions, length) in [(1_u32, 4), (5_000, 4), (5_000, 400)] {
        let mut tree = SampleTree::default();
        let file = "f".repeat(length);
        for sample in 0..3_000_u32 {
            let names: Vec<_> = (0..40).map(|n| (sample * 7 + n) % functions).collect();
            let texts: Vec<_> = names.iter().map(|n| format!("{n:0length$}")).collect();
            let stack = texts.iter().zip(names).map(|(function, line)| SampledFrame {
                file: &file,
                function,
                line,
                in_app: false,
            });
            tree.add(stack, false);
        }
        let bytes = tree.to_bytes();
        assert!(bytes.len() <= TREE_MAX, "{}", bytes.len());
        let read = decode_samples(&bytes).unwrap();
        let counted: u32 = read.nodes.iter().map(|node| node.own).sum();
        // a stack without any room at all is not a sample
        assert_eq!(counted, tree.samples());
        assert_eq!(read.cut_short > 0, functions > 1);
    }
}

#[test]
fn the_byte_form_never_changes() {
    let mut tree = SampleTree::default();
    tree.add(
        [SampledFrame { file: "m.py", function: "f", line: 3, in_app: true }].into_iter(),
        true,
    );
    let hex: String = tree.to_bytes().iter().map(|b| format!("{b:02x}")).collect();
    let golden = "01010004006d2e707901006601000000000100010000000000030000000100000001000000";
    assert_eq!(hex, golden);
}

proptest! {
    #[test]
    fn what_is_added_is_read_back(
        stacks in prop::collection::vec(prop::collection::vec((0_u8..3, 0_u32..2), 1..6), 0..12),
    ) {
        let mut tree = SampleTree::default();
        let names: Vec<String> = (0..6).map(|n| format!("f{n}")).collect();
        for stack in &stacks {
            let frames = stack.iter().map(|(name, line)| frame(&names[usize::from(*name)], *line));
            tree.add(frames, stack.len() % 2 == 0);
        }
        let bytes = tree.to_bytes();
        let read = decode_samples(&bytes).unwrap();
        let path = |mut at: usize| {
            let mut path = vec![(read.nodes[at].frame.function, read.nodes[at].frame.line)];
            while let Some(parent) = read.nodes[at].parent {
                path.insert(0, (read.nodes[parent].frame.function, read.nodes[parent].frame.line));
                at = parent;
            }
            path
        };
        for at in 0..read.nodes.len() {
            let same = stacks.iter().filter(|stack| {
                let stack: Vec<_> =
                    stack.iter().map(|(name, line)| (&*names[usize::from(*name)], *line)).collect();
                stack == path(at)
            });
            prop_assert_eq!(read.nodes[at].own as usize, same.count());
        }
        for end in (1..bytes.len()).step_by(3) {
            prop_assert!(decode_samples(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_samples(&bytes);
        let with_version: Vec<u8> = [VERSION, 1, 0].into_iter().chain(bytes).collect();
        let _ = decode_samples(&with_version);
    }
}
