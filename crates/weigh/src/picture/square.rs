//! Squarified tree maps: rectangles whose areas are weights, as square as it goes (Bruls, Huizing, van Wijk: "Squarified Treemaps", 2000).

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    /// The same without a margin on each side and a further one at the top; never less than nothing.
    pub(crate) fn inside(self, margin: f64, top: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin + top,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - top).max(0.0),
        }
    }
}

/// Divides an area among weights, which are sorted, the largest first.
pub(crate) fn divide(weights: &[u64], area: Area) -> Vec<Area> {
    let sum: f64 = weights.iter().map(|weight| *weight as f64).sum();
    let mut areas = Vec::with_capacity(weights.len());
    if sum <= 0.0 || area.width <= 0.0 || area.height <= 0.0 {
        return vec![Area { width: 0.0, height: 0.0, ..area }; weights.len()];
    }
    let scale = area.width * area.height / sum;
    let sizes: Vec<f64> = weights.iter().map(|weight| *weight as f64 * scale).collect();
    let (mut rest, mut at) = (area, 0);
    while at < sizes.len() {
        let side = rest.width.min(rest.height);
        let mut end = at + 1;
        while end < sizes.len() && worst(&sizes[at..=end], side) <= worst(&sizes[at..end], side) {
            end += 1;
        }
        rest = row(&sizes[at..end], rest, &mut areas);
        at = end;
    }
    areas
}

/// How far the least square of a row's rectangles is from a square.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let largest = row.iter().copied().fold(0.0, f64::max);
    let smallest = row.iter().copied().fold(f64::INFINITY, f64::min);
    let (side, sum) = (side * side, sum * sum);
    (side * largest / sum).max(sum / (side * smallest))
}

/// Lays a row along the shorter side; what is left.
fn row(row: &[f64], area: Area, areas: &mut Vec<Area>) -> Area {
    let sum: f64 = row.iter().sum();
    let is_wide = area.width >= area.height;
    let side = if is_wide { area.height } else { area.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut offset = 0.0;
    for size in row {
        let length = if depth > 0.0 { size / depth } else { 0.0 };
        areas.push(if is_wide {
            Area { x: area.x, y: area.y + offset, width: depth, height: length }
        } else {
            Area { x: area.x + offset, y: area.y, width: length, height: depth }
        });
        offset += length;
    }
    if is_wide {
        Area { x: area.x + depth, width: (area.width - depth).max(0.0), ..area }
    } else {
        Area { y: area.y + depth, height: (area.height - depth).max(0.0), ..area }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_as_large_as_their_weights_and_lie_inside() {
        let area = Area { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };
        let weights = [6, 6, 4, 3, 2, 2, 1];
        let areas = divide(&weights, area);
        for (weight, part) in weights.iter().zip(&areas) {
            let expected = *weight as f64 / 24.0 * 240_000.0;
            assert!((part.width * part.height - expected).abs() < 1e-6, "{part:?}");
            assert!(part.x >= 10.0 && part.x + part.width <= 610.0 + 1e-6);
            assert!(part.y >= 20.0 && part.y + part.height <= 420.0 + 1e-6);
            assert!((part.width / part.height).max(part.height / part.width) < 4.0, "{part:?}");
        }
    }

    #[test]
    fn nothing_is_divided_into_nothing() {
        let area = Area { x: 0.0, y: 0.0, width: 0.0, height: 5.0 };
        assert_eq!(divide(&[1, 2], area).len(), 2);
        assert_eq!(divide(&[], area), []);
        assert_eq!(divide(&[0, 0], Area { width: 3.0, ..area }).len(), 2);
        let areas = divide(&[5, 0], Area { width: 3.0, ..area });
        assert!(areas.iter().all(|area| area.width.is_finite() && area.height.is_finite()), "{areas:?}");
    }
}
