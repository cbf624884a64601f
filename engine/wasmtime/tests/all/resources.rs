//! Resources that the embedding keeps: its numbers come back as they were given.
use crate::calls::*;
use crate::support::*;
use engine::completion::*;
use engine::component::eng_func_find;
use engine::ffi::User;
use engine::image::Image;
use engine::linker::*;
use std::sync::Mutex;

const VAULT: &str = "test:demo/vault@0.1.0";
const MORE: &str = "test:demo/vault-more@0.1.0";
const KEEP: &str = "test:demo/keep@0.1.0";

/// Names by number; a dropped item has none.
#[derive(Default)]
struct Vault {
    items: Vec<Option<String>>,
    notes: Vec<String>,
}
type Shared = Mutex<Vault>;

fn word(image: &[u8], at: usize) -> usize {
    u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize
}

fn text(image: &[u8], at: usize) -> String {
    let (ptr, len) = (word(image, at), word(image, at + 4));
    String::from_utf8(image[ptr..ptr + len].to_vec()).unwrap()
}

fn string(text: &str) -> Vec<u8> {
    let mut image = words(&[8, text.len() as u32]);
    image.extend(text.as_bytes());
    image
}

impl Vault {
    fn add(&mut self, name: String) -> Vec<u8> {
        self.items.push(Some(name));
        // Numbers of our own choice: not indexes.
        words(&[1000 + self.items.len() as u32 - 1])
    }

    fn name(&self, image: &[u8], at: usize) -> String {
        self.items[word(image, at) - 1000].clone().expect("alive")
    }
}

/// Defines an import that answers at once from the vault.
macro_rules! import {
    ($name:ident, $vault:ident, $args:ident, $answer:expr) => {
        extern "C" fn $name(to: User, call: *const Call, $args: Image) {
            let answer: Vec<u8> = {
                let $vault = &mut *unsafe { at::<Shared>(to) }.lock().unwrap();
                $answer
            };
            unsafe { eng_call_return(call, answer.into()) };
        }
    };
}
import!(create, vault, args, vault.add(text(&args, 0)));
import!(name, vault, args, string(&vault.name(&args, 0)));
import!(join, vault, args, {
    let joined = format!("{}+{}", vault.name(&args, 0), vault.name(&args, 4));
    vault.items[word(&args, 4) - 1000] = None;
    vault.add(joined)
});
import!(find, vault, args, {
    assert_eq!(text(&args, 0), "known");
    let mut found = words(&[1, 0]);
    found[4..].copy_from_slice(&vault.add("found".into()));
    found
});
import!(weigh, vault, args, {
    let (list, count) = (word(&args, 0), word(&args, 4));
    let length = |i| vault.name(&args, list + 4 * i).len() as u64;
    (0..count).map(length).sum::<u64>().to_le_bytes().to_vec()
});
import!(note, vault, args, {
    vault.notes.push(text(&args, 0));
    Vec::new()
});

extern "C" fn dropped(to: User, _: User, rep: u32) {
    let mut vault = unsafe { at::<Shared>(to) }.lock().unwrap();
    let gone = vault.items[rep as usize - 1000].take();
    assert!(gone.is_some(), "dropped once");
}

fn holder(vault: &Shared) -> Pre {
    let holder = component("release/holder");
    let (linker, to) = (linker(), user(vault));
    for iface in [VAULT, MORE] {
        fine(|fail, u| unsafe {
            let (iface, name) = (iface.into(), "item".into());
            eng_linker_resource(linker, holder, iface, name, dropped, to, fail, u)
        });
    }
    let imports: [(&str, &str, ImportFn); 6] = [
        (VAULT, "[constructor]item", create),
        (VAULT, "[method]item.name", name),
        (VAULT, "[static]item.join", join),
        (VAULT, "find", find),
        (MORE, "weigh", weigh),
        ("", "note", note),
    ];
    for (iface, name, import) in imports {
        fine(|fail, u| unsafe {
            let (iface, name) = (iface.into(), name.into());
            eng_linker_func(linker, holder, iface, name, import, to, true, fail, u)
        });
    }
    pre(linker, holder)
}

#[test]
fn own_and_borrow_travel_as_our_numbers() {
    let vault = Shared::default();
    let (pre, guest) = (holder(&vault), component("release/holder"));

    let result = Caller::default().fresh(pre, func(guest, KEEP, "work"), &words(&[2]));

    assert_eq!(text(&result.unwrap(), 0), "found+start+item 0+item 1");
    let vault = vault.lock().unwrap();
    assert_eq!(vault.notes, ["weight 11", "weight 18"]);
    let alive: Vec<&String> = vault.items.iter().flatten().collect();
    assert!(alive.is_empty(), "{alive:?}");
}

#[test]
fn what_a_guest_still_holds_is_left_to_the_embedding() {
    let vault = Shared::default();
    let (pre, guest) = (holder(&vault), component("release/holder"));

    let result = Caller::default().fresh(pre, func(guest, KEEP, "hold"), &words(&[3]));

    assert_eq!(result, Ok(Vec::new()));
    assert_eq!(vault.lock().unwrap().items.iter().flatten().count(), 3);
}

#[test]
fn a_function_that_carries_a_resource_of_the_guest_is_refused_by_name() {
    let cells = from_text(include_str!("../../../../tests/guests/wat/cells.wat"));

    for name in ["make", "read", "take"] {
        let (found, message) =
            failing(|fail, to| unsafe { eng_func_find(cells, "".into(), name.into(), fail, to) });

        assert!(found.is_null());
        let expected = format!("{name} of the component takes or returns a resource");
        assert!(message.starts_with(&expected), "{message}");
    }
    let plain = Caller::default().fresh(pre(linker(), cells), func(cells, "", "plain"), &[]);
    assert_eq!(plain, Ok(words(&[42])));
}
