//! `NetworkSettings`: where a container is reached.

use super::object;
use crate::containers::record::NetworkMode;
use crate::containers::status::Container;
use crate::error::Result;
use crate::{Engine, launch};
use network::endpoint::HardwareAddress;
use oci::Digest;
use serde_json::{Map, Value, json};

/// Its place on a network, or empty words if it does not run.
#[derive(Debug, Default)]
struct Place {
    network: String,
    endpoint: String,
    sandbox: String,
    sandbox_key: String,
    gateway: String,
    address: String,
    prefix_length: u8,
    hardware_address: String,
}

pub(super) fn show(engine: &Engine, container: &Container) -> Result<Value> {
    let mode = container.record.host.network;
    let place = place(engine, container)?;
    let on_bridge = mode == NetworkMode::Bridge;
    let ports = if container.status.is_running() { ports(container) } else { json!({}) };
    Ok(object([
        ("Bridge", json!("")),
        ("SandboxID", json!(place.sandbox)),
        ("SandboxKey", json!(place.sandbox_key)),
        ("Ports", if on_bridge { ports } else { json!({}) }),
        ("HairpinMode", json!(false)),
        ("LinkLocalIPv6Address", json!("")),
        ("LinkLocalIPv6PrefixLen", json!(0)),
        ("SecondaryIPAddresses", Value::Null),
        ("SecondaryIPv6Addresses", Value::Null),
        ("EndpointID", json!(if on_bridge { place.endpoint.as_str() } else { "" })),
        ("Gateway", json!(place.gateway)),
        ("GlobalIPv6Address", json!("")),
        ("GlobalIPv6PrefixLen", json!(0)),
        ("IPAddress", json!(place.address)),
        ("IPPrefixLen", json!(place.prefix_length)),
        ("IPv6Gateway", json!("")),
        ("MacAddress", json!(place.hardware_address)),
        ("Networks", Value::Object(Map::from_iter([(mode.name().to_owned(), endpoint(&place))]))),
    ]))
}

fn endpoint(place: &Place) -> Value {
    object([
        ("IPAMConfig", Value::Null),
        ("Links", Value::Null),
        ("Aliases", Value::Null),
        ("MacAddress", json!(place.hardware_address)),
        ("DriverOpts", Value::Null),
        ("GwPriority", json!(0)),
        ("NetworkID", json!(place.network)),
        ("EndpointID", json!(place.endpoint)),
        ("Gateway", json!(place.gateway)),
        ("IPAddress", json!(place.address)),
        ("IPPrefixLen", json!(place.prefix_length)),
        ("IPv6Gateway", json!("")),
        ("GlobalIPv6Address", json!("")),
        ("GlobalIPv6PrefixLen", json!(0)),
        ("DNSNames", Value::Null),
    ])
}

/// Ids are Docker's idea; here they follow from names, so that they need not be kept.
fn place(engine: &Engine, container: &Container) -> Result<Place> {
    let id = &container.record.id;
    let mode = container.record.host.network;
    let names = engine.layout().network_names();
    let derived = |what: &str, of: &str| Digest::of(format!("{what} {of}").as_bytes()).hex();
    let network = derived("network", if mode == NetworkMode::Bridge { &names.bridge } else { mode.name() });
    let Some(init) = container.init else { return Ok(Place { network, ..Place::default() }) };
    let mut place = Place {
        network,
        endpoint: derived("endpoint", id),
        sandbox: derived("sandbox", id),
        sandbox_key: format!("/proc/{}/ns/net", init.pid),
        ..Place::default()
    };
    if let Some(address) = container.state.address
        && let Some(bridge) = network::bridge::recorded(&launch::bridge_state(engine), &names)?
    {
        place.gateway = bridge.gateway.to_string();
        place.address = address.to_string();
        place.prefix_length = bridge.subnet.prefix_length();
        place.hardware_address = HardwareAddress::of(address).to_string();
    }
    Ok(place)
}

/// Ports that the program says it listens on; none of them is published.
fn ports(container: &Container) -> Value {
    let exposed = container.record.execution.exposed_ports.keys();
    Value::Object(exposed.map(|port| (port.clone(), Value::Null)).collect())
}
